"""The words of the languages of the Near and the Far East."""

from __future__ import annotations

from almareplay.sources.languages.words import Words

EAST = {
    "Hebrew": Words(
        item="ברקוד פריט|ברקוד הפריט|ברקוד ספר|ברקוד עותק;מספר פריט|מספר עותק;ברקוד;פריט|ספר|עותק",
        patron="מזהה קורא|מספר קורא|ברקוד קורא|מספר משתמש|מזהה משתמש|ברקוד משתמש;כרטיס קורא|"
        "מספר כרטיס|כרטיס|תעודת זהות|מספר זהות|תז;קורא|משתמש|שואל",
        kind="השאלה או החזרה|החזרה או השאלה|השאלה החזרה;סוג פעולה|סוג תנועה;פעולה|סוג",
        captured_at="חותמת זמן|תאריך ושעה|תאריך שעה|זמן סיום;זמן התחלה",
        date="תאריך|תאריך השאלה|יום",
        time="שעה|זמן",
        library="ספרייה|ספריה|קוד ספרייה;סניף",
        desk="דלפק|דלפק השאלה",
        other="כותר|כותרת|מחבר|סימן מדף|שם|שם פרטי|שם משפחה|הערה|הערות|"
        "תאריך יעד|טלפון|דואל|תאריך לידה|מספר",
        loan="השאלה|השאלות|הושאל|מושאל",
        returned="החזרה|החזרות|הוחזר|החזר",
        renewal="הארכה|חידוש|הוארך",
        months="ינואר|בינואר פברואר|בפברואר מרץ|מרס|במרץ אפריל|באפריל מאי|במאי יוני|ביוני "
        "יולי|ביולי אוגוסט|באוגוסט ספטמבר|בספטמבר אוקטובר|באוקטובר נובמבר|בנובמבר דצמבר|בדצמבר",
        weekdays="יום ראשון|יום שני|יום שלישי|יום רביעי|יום חמישי|יום שישי|יום שבת",
        forenoon="לפנה״צ|לפנהצ",
        afternoon="אחה״צ|אחהצ",
        at="בשעה|ב",
    ),
    "Turkish": Words(
        item="materyal barkodu|kitap barkodu|nüsha barkodu|eser barkodu;demirbaş no|"
        "demirbaş numarası;barkod|barkod no;materyal|kitap|nüsha",
        patron="üye numarası|üye no|kullanıcı numarası|kullanıcı no|kullanıcı barkodu|üye barkodu|"
        "kullanıcı kimliği|okuyucu no|okuyucu numarası;kart no|kart numarası|kütüphane kartı|kart|"
        "öğrenci no|öğrenci numarası|tc kimlik no;üye|kullanıcı|okuyucu",
        kind="ödünç veya iade|iade veya ödünç|ödünç iade|ödünç mü iade mi;işlem türü|işlem tipi;"
        "işlem|tür",
        captured_at="zaman damgası|tarih ve saat|tarih saat|tamamlanma zamanı;başlangıç zamanı",
        date="tarih|ödünç tarihi|gün",
        time="saat",
        library="kütüphane|kütüphane kodu;şube",
        desk="banko|ödünç bankosu|ödünç verme bankosu",
        other="başlık|eser adı|yazar|yer numarası|ad|soyad|adı soyadı|not|notlar|açıklama|"
        "son tarih|telefon|e posta|doğum tarihi|numara|sıra no",
        loan="ödünç|ödünç verme|ödünç alma|ödünç verildi",
        returned="iade|iade alma|iade edildi|iade alındı",
        renewal="uzatma|süre uzatma|yenileme|uzatıldı",
        months="ocak|oca şubat|şub mart nisan|nis mayıs haziran|haz temmuz|tem ağustos|ağu "
        "eylül|eyl ekim|eki "
        "kasım|kas aralık|ara",
        weekdays="pazartesi|salı|çarşamba|perşembe|cuma|cumartesi|pazar",
        forenoon="öö",
        afternoon="ös",
        at="saat",
    ),
    "Japanese": Words(
        item="資料バーコード|資料番号|資料id|図書バーコード|図書id;登録番号;バーコード;資料|"
        "図書|本",
        patron="利用者番号|利用者id|利用者バーコード|利用者コード|学籍番号;利用者カード|"
        "カード番号|カード|図書館カード;利用者",
        kind="貸出返却|貸出または返却|貸出・返却|貸出/返却;処理区分|区分;処理|種別",
        captured_at="タイムスタンプ|日時|処理日時|完了時刻;開始時刻",
        date="日付|貸出日|処理日",
        time="時刻|時間",
        library="図書館|図書館コード|館コード;館|分館",
        desk="カウンター|窓口|貸出カウンター",
        other="タイトル|書名|著者|請求記号|氏名|名前|備考|返却期限|返却期限日|電話|"
        "電話番号|生年月日|番号|メールアドレス",
        loan="貸出|貸し出し|貸出し",
        returned="返却|返し",
        renewal="延長|更新|貸出延長",
        months=" ".join(f"{month}月" for month in range(1, 13)),
        forenoon="午前",
        afternoon="午後",
    ),
    "Chinese": Words(
        item="图书条码|馆藏条码|单册条码|圖書條碼|館藏條碼|冊條碼|条码号|單冊條碼;登录号|登錄號|"
        "馆藏编号;条码|條碼|条形码|條碼號;图书|圖書|书|書|馆藏|館藏",
        patron="读者条码|读者证号|读者号|读者编号|读者id|讀者條碼|讀者證號|讀者號|讀者編號|用户id;"
        "借书证号|借書證號|借阅证|借閱證|证号|證號|卡号|卡號|一卡通号|学号|學號|学工号;读者|"
        "讀者|用户|借阅者",
        kind="借还|借還|借书或还书|借書或還書|借阅或归还|借出或归还|借閱或歸還;操作类型|"
        "操作類型|类型|類型;操作|动作|動作",
        captured_at="时间戳|時間戳|时间戳记|時間戳記|日期时间|日期時間|日期和时间|日期和時間|"
        "完成时间|完成時間;开始时间|開始時間",
        date="日期|借书日期|借出日期|借書日期",
        time="时间|時間|時刻",
        library="图书馆|圖書館|馆代码|館代碼;分馆|分館",
        desk="服务台|服務台|流通台|柜台|櫃台",
        other="题名|題名|书名|書名|作者|索书号|索書號|姓名|备注|備註|应还日期|應還日期|到期日|"
        ""
        "电话|電話|出生日期|序号|序號|编号",
        loan="借出|借书|借書|借阅|借閱|借|外借",
        returned="归还|歸還|还书|還書|还|還|还回",
        renewal="续借|續借",
        months="",
        forenoon="上午",
        afternoon="下午",
    ),
    "Korean": Words(
        item="자료 바코드|도서 바코드|소장 바코드|등록 번호|도서 등록번호;등록번호;바코드;자료|"
        "도서|책",
        patron="이용자 번호|이용자번호|이용자 id|이용자id|이용자 바코드|회원번호|회원 번호|학번;"
        "회원증|카드번호|카드 번호|도서관 카드|대출증;이용자|회원|사용자",
        kind="대출 반납|대출 또는 반납|대출반납;처리 구분|구분|거래 유형;처리|유형|작업",
        captured_at="타임스탬프|일시|처리일시|날짜 및 시간|날짜와 시간|완료 시간;시작 시간",
        date="날짜|대출일|처리일",
        time="시간|시각",
        library="도서관|도서관 코드;분관",
        desk="데스크|대출 데스크|창구|안내데스크",
        other="제목|서명|저자|청구기호|이름|성명|비고|반납 예정일|반납예정일|전화|전화번호|"
        "생년월일|번호|이메일",
        loan="대출|대출함",
        returned="반납|반납함",
        renewal="연장|갱신|대출 연장",
        months=" ".join(f"{month}월" for month in range(1, 13)),
        forenoon="오전",
        afternoon="오후",
    ),
}
